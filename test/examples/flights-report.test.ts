import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BatchNotes } from "../../examples/flights/batch-notes.ts";
import { type FlightDataset, loadFlights } from "../../examples/flights/dataset.ts";
import { type RouteDelays, routeDelays } from "../../examples/flights/direct.ts";
import { type AirportState, FlightReport } from "../../examples/flights/flight-report.ts";

describe("the report of the main job", () => {
  let dataset: FlightDataset;

  beforeAll(async () => {
    dataset = await loadFlights({ flights: 1_000 });
  });

  /** The states that a program has after the first flights. */
  function statesAfter(flights: number): Map<string, AirportState> {
    const states = new Map<string, AirportState>();
    for (let i = 0; i < flights; i += 1) {
      const { date, origin, delay } = dataset.flight(i);
      const before = states.get(origin);
      states.set(origin, {
        flights: (before?.flights ?? 0) + 1,
        delaySum: (before?.delaySum ?? 0) + delay,
        worstDelay: Math.max(before?.worstDelay ?? delay, delay),
        lastDay: date.slice(0, 10),
      });
    }
    return states;
  }

  /** A report of one life; a later life has the same notes. */
  async function reportOf(directory?: string) {
    const made = directory ?? (await mkdtemp(join(tmpdir(), "millrace-report-")));
    onTestFinished(() => rm(made, { recursive: true, force: true }));
    const written: string[] = [];
    const report = new FlightReport({
      total: dataset.length,
      notes: await BatchNotes.open(made),
      windowMs: 2_000,
      elapsedMs: () => 1_000,
      output: { write: (text) => written.push(text) },
    });
    return { report, directory: made, text: () => written.join("") };
  }

  interface Change {
    states?: (states: Map<string, AirportState>) => void;
    window?: (window: Map<string, RouteDelays>, batch: number) => void;
    batch?: (routes: Map<string, RouteDelays>, batch: number) => void;
  }

  /** A run of batches of 200 flights with a window of two of them, which slides by one. */
  async function run(
    report: FlightReport,
    change: Change = {},
    { first = 1, last = 5 }: { first?: number; last?: number } = {},
  ): Promise<void> {
    for (let batch = first; batch <= last; batch += 1) {
      const until = batch * 200;
      const states = statesAfter(until);
      change.states?.(states);
      report.airports(states);
      const routes = routeDelays(dataset, { from: until - 200, until });
      change.batch?.(routes, batch);
      await report.batch(routes, batch * 1_000);
      const window = routeDelays(dataset, { from: Math.max(0, until - 400), until });
      change.window?.(window, batch);
      await report.routes(window, batch * 1_000);
      report.batchCompleted({ records: 200, processingMs: 10, waitedMs: 0 });
    }
  }

  test("finds a run right whose final figures and windows are those of the data set", async () => {
    const { report, text } = await reportOf();
    await run(report);
    expect(await report.conclude(dataset, { interrupted: false })).toBe(true);
    expect(text()).toContain("RIGHT");
    expect(text()).toContain("1,000 flights from");
    expect(text()).toContain("5 windows by route");
  });

  test("finds a run wrong that counted an airport otherwise", async () => {
    const { report, text } = await reportOf();
    await run(report, {
      states: (states) =>
        states.set("LAS", { flights: 1, delaySum: 5, worstDelay: 5, lastDay: "" }),
    });
    expect(await report.conclude(dataset, { interrupted: false })).toBe(false);
    expect(text()).toContain("LAS: meanDelay is 5 and should be");
  });

  test("finds a run wrong in which one window was, even if all is well at the end", async () => {
    const { report, text } = await reportOf();
    await run(report, {
      window: (window, batch) => {
        if (batch === 3) window.set("LAS-XXX", { flights: 1, delaySum: 1 });
      },
    });
    expect(await report.conclude(dataset, { interrupted: false })).toBe(false);
    expect(text()).toContain(
      "in the window until 1970-01-01T00:00:03.000Z, LAS-XXX should not be there",
    );
  });

  test("finds a run wrong that ends before all flights are counted, unless it was interrupted", async () => {
    const early = await reportOf();
    await run(early.report, {}, { last: 4 });
    expect(await early.report.conclude(dataset, { interrupted: false })).toBe(false);
    expect(early.text()).toContain("800 flights of 1000 were counted");
    const interrupted = await reportOf();
    await run(interrupted.report, {}, { last: 4 });
    expect(await interrupted.report.conclude(dataset, { interrupted: true })).toBe(true);
  });

  test("finds a run wrong that counted flights twice", async () => {
    const { report, text } = await reportOf();
    const states = [...statesAfter(1_000)].map(
      ([airport, state]) => [airport, { ...state, flights: state.flights * 2 }] as const,
    );
    report.airports(states);
    expect(await report.conclude(dataset, { interrupted: true })).toBe(false);
    expect(text()).toContain("WRONG");
  });

  test("finds a run wrong in which a batch had other flights than the next ones", async () => {
    const { report, text } = await reportOf();
    await run(report, {
      batch: (routes, batch) => {
        if (batch === 2) routes.set("LAS-XXX", { flights: 1, delaySum: 1 });
      },
    });
    expect(await report.conclude(dataset, { interrupted: false })).toBe(false);
    expect(text()).toContain(
      "all batches together had 1001 flights, and 1000 were counted\nin the batch of 1970-01-01T00:00:02.000Z, ",
    );
  });

  test("judges what an earlier life has noted, and what the next life did again", async () => {
    const first = await reportOf();
    await run(first.report, {}, { last: 3 });
    const second = await reportOf(first.directory);
    await run(second.report, {}, { first: 3 });
    expect(await second.report.conclude(dataset, { interrupted: false })).toBe(true);
    expect(second.text()).toContain("5 windows by route");
  });

  test("finds a run wrong in which a batch that was run again held something else", async () => {
    const first = await reportOf();
    await run(first.report, {}, { last: 3 });
    const second = await reportOf(first.directory);
    const change: Change = {
      batch: (routes, batch) => {
        if (batch === 3) routes.set("LAS-XXX", { flights: 1, delaySum: 1 });
      },
    };
    await run(second.report, change, { first: 3 });
    expect(await second.report.conclude(dataset, { interrupted: false })).toBe(false);
    expect(second.text()).toContain(
      "when the batch of 1970-01-01T00:00:03.000Z was run again, LAS-XXX should not be there",
    );
  });

  test("counts a time without a batch as an empty one in a window", async () => {
    const { report, text } = await reportOf();
    await run(report, {}, { last: 4 });
    report.airports(statesAfter(1_000));
    const last = routeDelays(dataset, { from: 800, until: 1_000 });
    await report.batch(last, 6_000);
    await report.routes(last, 6_000);
    expect(await report.conclude(dataset, { interrupted: false })).toBe(true);
    expect(text()).toContain("5 windows by route");
  });

  test("has no figures, and shows none, before the states came in this life", async () => {
    const { report, text } = await reportOf();
    report.batchCompleted({ records: 200, processingMs: 10, waitedMs: 0 });
    expect(report.hasFigures).toBe(false);
    expect(text()).toBe("");
    report.airports(statesAfter(200));
    report.batchCompleted({ records: 0, processingMs: 10, waitedMs: 0 });
    expect(report.hasFigures).toBe(true);
    expect(text()).toContain("200 of 1,000 flights");
  });
});
