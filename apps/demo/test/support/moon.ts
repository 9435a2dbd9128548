/** A folder that the offline model can be asked about. */
export const FILES = {
  'moon.md': 'The moon is made of stone, and not of cheese as some may say.',
  'sun.md': 'The sun is made of plasma, and shines on the moon.',
};

export const QUESTION = 'What is the moon made of?';

/** As the answer quotes it, and no tool shows it. */
export const ANSWER = 'moon.md:1: The moon is made of stone';
