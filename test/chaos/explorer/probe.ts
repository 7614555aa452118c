/**
 * Owns: the one line that says which fault is looked at, and replays it:
 * `<workload>/<life>:<call>:<image>[/<call>:<image>...]`, each further part a crash of the life that went on from the one
 * before; a fault stands before the image (`12:EIO-whole-once:kill`), damage behind it (`12:kill:damage-7`).
 * `<workload>~<seed>` has a script of that seed, `<workload>!<life>.<step>,...` leaves steps of the script out.
 */
export interface ProbePoint {
  readonly call: number;
  /** The fault that the life met at the call; without one it died there. */
  readonly fault?: string;
  readonly image: string;
  /** The seed of the damage that the disk took. */
  readonly damage?: number;
}

export interface Probe {
  readonly workload: string;
  /** The seed of its script, where that was drawn. */
  readonly variation?: number;
  /** Steps of the script that are left out, as `<life>.<step>`. */
  readonly without: readonly string[];
  /** Which of the recorded lives. */
  readonly life: number;
  readonly points: readonly ProbePoint[];
}

export function probeText({ life, points, variation, without, workload }: Probe): string {
  const drawn = variation === undefined ? "" : `~${variation}`;
  const left = without.length === 0 ? "" : `!${without.join(",")}`;
  const parts = points.map(({ call, damage, fault, image }) =>
    [call, fault, image, damage === undefined ? undefined : `damage-${damage}`]
      .filter((part) => part !== undefined)
      .join(":"),
  );
  return `${workload}${drawn}${left}/${life}:${parts.join("/")}`;
}

/** Throws for a line that is none. */
export function parseProbe(text: string): Probe {
  const [head = "", first = "", ...rest] = text.split("/");
  const [name = "", without] = head.split("!");
  const [workload = "", variation] = name.split("~");
  const colon = first.indexOf(":");
  const life = Number(first.slice(0, colon));
  const points = [first.slice(colon + 1), ...rest].map(parsePoint);
  if (workload === "" || colon < 1 || !Number.isInteger(life)) throw new Error(`no probe: ${text}`);
  return {
    workload,
    ...(variation === undefined ? {} : { variation: Number(variation) }),
    without: without?.split(",") ?? [],
    life,
    points,
  };
}

function parsePoint(text: string): ProbePoint {
  const match =
    /^(?<call>\d+):(?:(?<fault>E[A-Z]+-[a-z-]+):)?(?<image>[a-z]+(?:-\d+)?)(?::damage-(?<damage>\d+))?$/.exec(
      text,
    );
  const { call, damage, fault, image } = match?.groups ?? {};
  if (call === undefined || image === undefined) throw new Error(`no point of a probe: ${text}`);
  return {
    call: Number(call),
    image,
    ...(fault === undefined ? {} : { fault }),
    ...(damage === undefined ? {} : { damage: Number(damage) }),
  };
}
