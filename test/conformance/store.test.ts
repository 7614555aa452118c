import { openStore, transformedStore } from "../../src/store/index.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";
import { fixtureOf, localFixture, memoryFixture } from "../support/store-fixtures.ts";
import { both, compressed, encrypted } from "../support/transform-fixtures.ts";
import { storeSuite } from "./store.suite.ts";

storeSuite("in memory", { make: () => memoryFixture() });
storeSuite("on local files", { make: () => localFixture() });
storeSuite("on simulated files", {
  make: () => {
    const files = new SimulatedFiles();
    return fixtureOf(
      () => openStore("/ckpt", { local: { files } }),
      async () => {},
    );
  },
  // The simulated disk copies a file with each append, and keeps all that was ever done.
  largeBytes: 300_000,
  nameCount: 300,
});

const skips = { storedAsGiven: "what is stored is an envelope, and ranges are of what is stored" };
storeSuite("that compresses, in memory", {
  make: () => memoryFixture((store) => transformedStore(store, compressed)),
  skips,
});
storeSuite("that encrypts, in memory", {
  make: () => memoryFixture((store) => transformedStore(store, encrypted)),
  skips,
});
storeSuite("that compresses and encrypts, on local files", {
  make: () => localFixture((store) => transformedStore(store, both)),
  skips,
});
