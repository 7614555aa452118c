/** Owns: a receiver with positions that a test hands its records. */
import { Receiver } from "../../../src/index.ts";

/** Stores what it is told to. */
export class WordReceiver extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}

  async give(from: number, words: readonly string[]): Promise<void> {
    if (words.length === 0) return;
    const until = from + words.length;
    await this.storeMany(words, { position: { partition: "0", from, until } });
  }
}
