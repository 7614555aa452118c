/**
 * Owns: what every store must do, as one suite that runs on each of them.
 * Does not own: the cases (store/), what is particular to one store (test/unit/store, test/chaos).
 */
import { afterEach, beforeEach, describe, test } from "vitest";
import { listingCases } from "./store/listing-cases.ts";
import { logCases } from "./store/log-cases.ts";
import { nameCases } from "./store/name-cases.ts";
import { objectCases } from "./store/object-cases.ts";
import type { StoreFixture, StoreSkips, StoreUnderTest } from "./store/store-under-test.ts";

export type { StoreFixture, StoreSkips } from "./store/store-under-test.ts";

export interface StoreSuiteOptions {
  readonly make: () => Promise<StoreFixture>;
  readonly skips?: StoreSkips;
  /** Length of the content that is streamed; S3 takes one of several parts. */
  readonly largeBytes?: number;
  /** How many names the long listing has; more than a page of the medium holds. */
  readonly nameCount?: number;
}

/** Declares the cases of the port for one kind of store. */
export function storeSuite(kind: string, options: StoreSuiteOptions): void {
  const { make, skips = {}, largeBytes = 3 * 1024 * 1024 + 17, nameCount = 1100 } = options;
  let fixture: StoreFixture | undefined;

  const made = (): StoreFixture => {
    if (fixture === undefined) throw new Error("a store is there only within a case");
    return fixture;
  };
  const given: StoreUnderTest = {
    get store() {
      return made().store;
    },
    get fixture() {
      return made();
    },
    skips,
    largeBytes,
    nameCount,
    caseUnless: (reason, title, run) => {
      const left = reason === undefined ? "" : ` (not here: ${reason})`;
      test.skipIf(reason !== undefined)(`${title}${left}`, run);
    },
  };

  describe(`a store ${kind}`, () => {
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(async () => {
      await fixture?.dispose();
      fixture = undefined;
    });

    objectCases(given);
    nameCases(given);
    listingCases(given);
    logCases(given);
  });
}
