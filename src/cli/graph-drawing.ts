/**
 * Owns: drawings of a stream graph: a tree for a terminal, Mermaid, Graphviz.
 * Does not own: the graph (src/inspect).
 */
import type { StreamReport } from "../inspect/index.ts";

type Streams = readonly StreamReport[];

/** A tree for each output, with what it is made of below it; what was drawn before is drawn as a name with an arrow. */
export function drawTree(streams: Streams): string {
  const byUid = new Map(streams.map((stream) => [stream.uid, stream]));
  const isParent = new Set(streams.flatMap(({ parents }) => parents));
  const drawn = new Set<string>();
  const lines: string[] = [];
  const draw = (uid: string, prefix: string, branch: string, below: string): void => {
    const stream = byUid.get(uid);
    if (stream === undefined) return;
    const isAgain = drawn.has(uid) && stream.parents.length > 0;
    lines.push(`${prefix}${branch}${labelOf(stream)}${isAgain ? " (above)" : ""}`);
    drawn.add(uid);
    if (isAgain) return;
    stream.parents.forEach((parent, index) => {
      const isLast = index === stream.parents.length - 1;
      draw(parent, prefix + below, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  ");
    });
  };
  for (const { uid } of streams.filter((stream) => !isParent.has(stream.uid)))
    draw(uid, "", "", "");
  return `${lines.join("\n")}\n`;
}

function labelOf({ isStateful, isUidGiven, kind, role, uid }: StreamReport): string {
  const name = isUidGiven ? `${kind} "${uid}"` : uid;
  const notes = [...(role === "operator" ? [] : [role]), ...(isStateful ? ["state"] : [])];
  return notes.length === 0 ? name : `${name} [${notes.join(", ")}]`;
}

/** A flowchart of Mermaid. */
export function drawMermaid(streams: Streams): string {
  const ids = idsOf(streams);
  const lines = streams.flatMap(({ isStateful, kind, parents, role, uid }) => {
    const id = ids.get(uid) ?? uid;
    const label = `"${escaped(kind)}<br/>${escaped(uid)}"`;
    const shape = isStateful ? `[(${label})]` : role === "operator" ? `[${label}]` : `([${label}])`;
    return [`  ${id}${shape}`, ...parents.map((parent) => `  ${ids.get(parent)} --> ${id}`)];
  });
  return `flowchart TD\n${lines.join("\n")}\n`;
}

/** A graph of Graphviz. */
export function drawDot(streams: Streams): string {
  const lines = streams.flatMap(({ isStateful, kind, parents, role, uid }) => {
    const shape = isStateful ? "cylinder" : role === "operator" ? "box" : "oval";
    return [
      `  ${quoted(uid)} [label=${quoted(`${kind}\n${uid}`)}, shape=${shape}];`,
      ...parents.map((parent) => `  ${quoted(parent)} -> ${quoted(uid)};`),
    ];
  });
  return `digraph millrace {\n${lines.join("\n")}\n}\n`;
}

/** Ids of Mermaid are words. */
function idsOf(streams: Streams): ReadonlyMap<string, string> {
  return new Map(streams.map(({ uid }, index) => [uid, `s${index + 1}`]));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

function quoted(text: string): string {
  const escapes = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escapes}"`;
}
