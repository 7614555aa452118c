/** Owns: ways in which the directory of version 1 can be damaged, each of one kind. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { liveGolden } from "../recovery/golden-program.ts";

/** Damages a directory. */
export type Damage = (directory: string) => void | Promise<void>;

const checkpoint = "checkpoints/001357008284000-0000000001-000006";
const snapshot = "state/sums/001357008283000-0000000001";
const journals = ["journal", "journal-mirror"].map((folder) => `${folder}/0000000000-0000000001`);

export function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
  writeFileSync(path, bytes);
}

export const damages: Readonly<Record<string, Damage>> = {
  "a checkpoint is changed": (directory) => flip(join(directory, checkpoint), 3000),
  "the newest checkpoint that was told of is gone": (directory) => {
    rmSync(join(directory, checkpoint));
    rmSync(join(directory, "checkpoints/001357008283000-0000000001-000005"));
  },
  "all checkpoints are gone": (directory) => {
    rmSync(join(directory, "checkpoints"), { recursive: true });
  },
  "a checkpoint is of a newer format": (directory) => {
    const bytes = readFileSync(join(directory, checkpoint));
    bytes.write("checkpoint/2", bytes.indexOf("checkpoint/1"));
    const sealAt = bytes.length - 86;
    bytes.write(createHash("sha256").update(bytes.subarray(0, sealAt)).digest("hex"), sealAt + 6);
    writeFileSync(join(directory, "checkpoints/001357008284000-0000000001-000999"), bytes);
  },
  "a state snapshot is changed": (directory) => flip(join(directory, snapshot), 1700),
  "a state snapshot is gone": (directory) => rmSync(join(directory, snapshot)),
  "a block is changed": (directory) => {
    flip(join(directory, "blocks/0000000001-driver-0000000000"), 310);
  },
  "the receiver log is gone": (directory) => {
    rmSync(join(directory, "blocks"), { recursive: true });
  },
  "one copy of the journal is changed": async (directory) => {
    await goOn(directory);
    flip(join(directory, journals[0] ?? ""), 700);
  },
  "both copies of the journal are changed": (directory) => {
    for (const journal of journals) flip(join(directory, journal), 700);
  },
  "the end of the journal is torn": (directory) => {
    for (const journal of journals) truncateSync(join(directory, journal), 5280);
  },
  "a segment of the journal is gone": async (directory) => {
    await goOn(directory);
    for (const folder of ["journal", "journal-mirror"]) {
      const last = readdirSync(join(directory, folder)).sort().at(-1) ?? "";
      rmSync(join(directory, folder, last));
    }
  },
};

/** Another life, that begins the next segment of the journal and dies. */
async function goOn(directory: string): Promise<void> {
  await liveGolden(directory, {
    startMs: 1_357_008_290_000,
    batches: 1,
    firstNumber: 10,
    dies: true,
  });
}
