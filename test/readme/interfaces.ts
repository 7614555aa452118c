/** Owns: the names of the members of interfaces, read from source files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";

/** The exported interfaces of a folder by name, each with the names of its own members. */
export function interfacesOfSources(folder: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .flatMap((path) => interfacesOf(readFileSync(join(folder, path), "utf8"))),
  );
}

function interfacesOf(text: string): (readonly [string, readonly string[]])[] {
  return parseSync("file.ts", text).program.body.flatMap((node) => {
    const declared = node.type === "ExportNamedDeclaration" ? node.declaration : null;
    if (declared?.type !== "TSInterfaceDeclaration") return [];
    const members = declared.body.body.flatMap((member) =>
      "key" in member && member.key.type === "Identifier" ? [member.key.name] : [],
    );
    return [[declared.id.name, members] as const];
  });
}
