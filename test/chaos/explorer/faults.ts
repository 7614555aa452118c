/** Owns: how a call of the file port can fail, by name: `<errno>-<what of it happens>-once`, or `-for-ever`. */
import type { CountedCall, FileCall, FileFault } from "../../support/simulated-files.ts";

const writes: ReadonlySet<FileCall> = new Set(["create", "append", "link", "makeDirectory"]);
const changes: ReadonlySet<FileCall> = new Set([
  ...writes,
  "unlink",
  "sync",
  "syncFile",
  "syncDirectory",
]);
const opens: ReadonlySet<FileCall> = new Set([
  "create",
  "read",
  "readRange",
  "readDirectory",
  "syncFile",
  "syncDirectory",
]);
const syncs: ReadonlySet<FileCall> = new Set(["sync", "syncFile"]);

interface FaultKind {
  readonly fault: FileFault;
  /** Which calls can fail like this; all, where it is not said. */
  readonly of?: ReadonlySet<FileCall>;
}

const kinds: Readonly<Record<string, FaultKind>> = {
  "EIO-nothing": { fault: { errno: "EIO" } },
  "EIO-whole": { fault: { errno: "EIO", effect: "whole" }, of: changes },
  "EIO-lost": { fault: { errno: "EIO", effect: "lost" }, of: syncs },
  "ENOSPC-half": { fault: { errno: "ENOSPC", effect: "half" }, of: writes },
  "ENOSPC-nothing": { fault: { errno: "ENOSPC" }, of: writes },
  "EMFILE-nothing": { fault: { errno: "EMFILE" }, of: opens },
  "EACCES-nothing": { fault: { errno: "EACCES" }, of: opens },
};

const lastings = ["once", "for-ever"] as const;

/** The names of all faults that a call can have. */
export function faultNames(does: FileCall): string[] {
  return Object.entries(kinds).flatMap(([name, { of }]) =>
    of === undefined || of.has(does) ? lastings.map((lasting) => `${name}-${lasting}`) : [],
  );
}

/** The fault of that name, from a call on. Throws for a name that is none. */
export function faultAt(call: number, name: string): (call: CountedCall) => FileFault | undefined {
  const lasting = lastings.find((each) => name.endsWith(`-${each}`));
  const kind = kinds[name.slice(0, -(lasting?.length ?? 0) - 1)];
  if (lasting === undefined || kind === undefined) throw new Error(`there is no fault "${name}"`);
  return ({ does, index }) => {
    if (lasting === "once") return index === call ? kind.fault : undefined;
    const isOf = kind.of === undefined || kind.of.has(does);
    return index >= call && isOf ? kind.fault : undefined;
  };
}
