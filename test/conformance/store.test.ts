import { localFixture, memoryFixture } from "../support/store-fixtures.ts";
import { storeSuite } from "./store.suite.ts";

storeSuite("in memory", { make: memoryFixture });
storeSuite("on local files", { make: localFixture });
