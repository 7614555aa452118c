/** Owns: the stores that the conformance suite runs on, on media of their own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "../../src/store/index.ts";
import type { StoreFixture } from "../conformance/store.suite.ts";

let memoryNumber = 0;

/** A store in memory of a name that nothing else has. */
export function memoryFixture(
  wrap: (store: Store) => Store = (store) => store,
): Promise<StoreFixture> {
  const address = `memory:conformance-${memoryNumber++}`;
  return fixtureOf(
    async () => wrap(await openStore(address)),
    async () => {},
  );
}

/** A store in a directory for temporary files. */
export async function localFixture(
  wrap: (store: Store) => Store = (store) => store,
): Promise<StoreFixture> {
  const parent = await mkdtemp(join(tmpdir(), "millrace-store-"));
  return fixtureOf(
    async () => wrap(await openStore(join(parent, "made", "when needed"))),
    () => rm(parent, { recursive: true, force: true }),
  );
}

/** A fixture of stores that `open` opens on one medium, which `dispose` removes. */
export async function fixtureOf(
  open: () => Promise<Store>,
  dispose: () => Promise<void>,
): Promise<StoreFixture> {
  const opened: Store[] = [];
  const another = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  return {
    store: await another(),
    another,
    dispose: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await dispose();
    },
  };
}
