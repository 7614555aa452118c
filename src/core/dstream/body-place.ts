/** Owns: where the bodies of `transform` and `foreachRDD` run, which are given whole datasets. */
import { StreamError } from "../../base/index.ts";

/** `driver`: once per batch, on the driver. `executors`: there too, so that all that it makes of datasets runs there. */
export type BodyPlace = "driver" | "executors";

/** Where a body runs. */
export interface BodyOptions {
  /**
   * `"executors"` declares that the body closes over nothing but what is at module level, and does the same wherever it is
   * called: the functions that it gives to datasets then run where the data are (default `"driver"`).
   */
  readonly on?: BodyPlace;
}

/** The place that the options name; throws `argument_invalid` for another one. */
export function bodyPlaceOf({ on = "driver" }: BodyOptions): BodyPlace {
  if (on === "driver" || on === "executors") return on;
  const expected = '"driver" or "executors"';
  throw new StreamError("argument_invalid", { argument: "on", value: on, expected });
}

/** How a description of the graph tells the place: the driver, which is usual, is left out. */
export function placeFact(runsOn: BodyPlace): { readonly runsOn?: "executors" } {
  return runsOn === "driver" ? {} : { runsOn };
}
