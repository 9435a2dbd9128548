/** What this repository is asked, and answers. */
export const REPOSITORY_QUESTIONS: readonly string[] = [
  'How does a session survive a crash?',
  "Where are the vendor's token counters read?",
  'What is a snapshot, and when is it committed?',
];

/** What can be asked of any folder. */
export const FOLDER_QUESTIONS: readonly string[] = [
  'What is this?',
  'How is it installed and started?',
  'Where are errors handled?',
];
