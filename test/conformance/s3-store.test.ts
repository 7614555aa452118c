/** The store in S3, on the server in this process. */
import { openOn } from "../support/s3-fixture.ts";
import { S3Server } from "../support/s3-server.ts";
import { fixtureOf } from "../support/store-fixtures.ts";
import { storeSuite } from "./store.suite.ts";

storeSuite("in S3, on the server of the tests", {
  make: async () => {
    const server = await S3Server.start();
    return fixtureOf(
      () => openOn(server, { partBytes: 5 * 1024 * 1024 }),
      () => server.close(),
    );
  },
  skips: {
    logs: "S3 cannot append",
    folders: "keys of S3 have no folders",
  },
  largeBytes: 2 * 5 * 1024 * 1024 + 17,
});
