import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import type { RunnableConfig } from '@langchain/core/runnables';
import { type BaseCheckpointSaver, emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import Database from 'better-sqlite3';
import { ANSWER_BYTES, QUESTION_BYTES } from './stored-session.ts';
import { textOf } from './texts.ts';

/**
 * Writes the turns of `SessionWriter` to LangGraph's SQLite saver, as LangGraph's own loop does without its delta channel, which is
 * in beta: a checkpoint holds all messages so far.
 *
 * In the saver's favour a turn is one checkpoint, where the loop puts one for each of its steps and their pending writes beside them, and a
 * message is its text and its id, without the counts of a vendor.
 */
export class LangGraphSession {
  readonly #database: Database.Database;
  readonly #saver: BaseCheckpointSaver;
  #config: RunnableConfig = { configurable: { thread_id: 'a', checkpoint_ns: '' } };
  #messages: readonly BaseMessage[] = [];
  #turns = 0;

  /** A session in a new file, with the log and the waits for the disk that our store has. */
  constructor(path: string, synchronous: 'full' | 'normal') {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma(`synchronous = ${synchronous}`);
    this.#saver = new SqliteSaver(this.#database);
  }

  async growTo(turns: number): Promise<void> {
    while (this.#turns < turns) await this.prepare()();
  }

  /** The write of the next turn. */
  prepare(): () => Promise<void> {
    this.#turns += 1;
    const number = this.#turns;
    const question = new HumanMessage({ id: crypto.randomUUID(), content: textOf(number, QUESTION_BYTES) });
    const answer = new AIMessage({ id: crypto.randomUUID(), content: textOf(number, ANSWER_BYTES) });
    this.#messages = [...this.#messages, question, answer];
    const versions = { messages: number };
    const checkpoint = {
      ...emptyCheckpoint(),
      channel_values: { messages: this.#messages },
      channel_versions: versions,
      versions_seen: { model: versions },
    };
    return async () => {
      const metadata = { source: 'loop', step: number, parents: {} } as const;
      this.#config = await this.#saver.put(this.#config, checkpoint, metadata, versions);
    };
  }

  close(): void {
    this.#database.close();
  }
}
