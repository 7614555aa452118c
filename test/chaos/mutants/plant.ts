/**
 * Owns: planting one bug into the engine, by a hook of the module loader: `MILLRACE_MUTANT='<name>' node --import ./plant.ts`.
 * It fails the process where the text is not found once, or the file is never loaded.
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants.ts";

const mutant = mutants.find(({ name }) => name === process.env.MILLRACE_MUTANT);
if (mutant === undefined) throw new Error(`there is no mutant "${process.env.MILLRACE_MUTANT}"`);
const { file, replacement, text } = mutant;
const url = new URL(`../../../${file}`, import.meta.url).href;
let isPlanted = false;

registerHooks({
  load(loaded, context, nextLoad) {
    const result = nextLoad(loaded, context);
    if (loaded !== url) return result;
    const source = result.source ?? "";
    const parts = (
      typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString()
    ).split(text);
    if (parts.length !== 2) {
      throw new Error(`${fileURLToPath(url)} has ${parts.length - 1} times the text: ${text}`);
    }
    isPlanted = true;
    return { ...result, source: parts.join(replacement) };
  },
});

process.on("exit", () => {
  if (isPlanted) return;
  console.error(`${file} was never loaded, so that nothing was planted`);
  process.exitCode = 70;
});
