import { beforeAll, describe, expect, test } from "vitest";
import { type FlightDataset, loadFlights } from "../../examples/flights/dataset.ts";
import { type RouteDelays, routeDelays } from "../../examples/flights/direct.ts";
import { type AirportState, FlightReport } from "../../examples/flights/flight-report.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

describe("the report of the main job", () => {
  let dataset: FlightDataset;

  beforeAll(async () => {
    dataset = await loadFlights({ flights: 1_000 });
  });

  /** The states that a program has after the first flights. */
  function statesAfter(flights: number): Map<string, AirportState> {
    const states = new Map<string, AirportState>();
    for (let i = 0; i < flights; i += 1) {
      const { origin, delay } = dataset.flight(i);
      const before = states.get(origin);
      states.set(origin, {
        flights: (before?.flights ?? 0) + 1,
        delaySum: (before?.delaySum ?? 0) + delay,
        worstDelay: Math.max(before?.worstDelay ?? delay, delay),
      });
    }
    return states;
  }

  function reportOf() {
    const written: string[] = [];
    const report = new FlightReport({
      dataset,
      windowMs: 2_000,
      clock: new ManualClock(),
      output: { write: (text) => written.push(text) },
    });
    return { report, text: () => written.join("") };
  }

  /** A run of five batches of 200 flights with a window of two of them, which slides by one. */
  function run(
    report: FlightReport,
    change: {
      states?: (states: Map<string, AirportState>) => void;
      window?: (window: Map<string, RouteDelays>, batch: number) => void;
    } = {},
    batches = 5,
  ): void {
    for (let batch = 1; batch <= batches; batch += 1) {
      const until = batch * 200;
      const states = statesAfter(until);
      change.states?.(states);
      report.airports(states, batch * 1_000);
      const window = routeDelays(dataset, { from: Math.max(0, until - 400), until });
      change.window?.(window, batch);
      report.routes(window, batch * 1_000);
      report.batchCompleted({ records: 200, processingMs: 10, waitedMs: 0 });
    }
  }

  test("finds a run right whose final figures and windows are those of the data set", () => {
    const { report, text } = reportOf();
    run(report);
    expect(report.conclude({ interrupted: false })).toBe(true);
    expect(text()).toContain("RIGHT");
    expect(text()).toContain("1,000 flights from");
    expect(text()).toContain("5 windows by route");
  });

  test("finds a run wrong that counted an airport otherwise", () => {
    const { report, text } = reportOf();
    run(report, {
      states: (states) => states.set("LAS", { flights: 1, delaySum: 5, worstDelay: 5 }),
    });
    expect(report.conclude({ interrupted: false })).toBe(false);
    expect(text()).toContain("LAS: meanDelay is 5 and should be");
  });

  test("finds a run wrong in which one window was, even if all is well at the end", () => {
    const { report, text } = reportOf();
    run(report, {
      window: (window, batch) => {
        if (batch === 3) window.set("LAS-XXX", { flights: 1, delaySum: 1 });
      },
    });
    expect(report.conclude({ interrupted: false })).toBe(false);
    expect(text()).toContain(
      "in the window until 1970-01-01T00:00:03.000Z, LAS-XXX should not be there",
    );
  });

  test("finds a run wrong that ends before all flights are counted, unless it was interrupted", () => {
    const early = reportOf();
    run(early.report, {}, 4);
    expect(early.report.conclude({ interrupted: false })).toBe(false);
    expect(early.text()).toContain("800 flights of 1000 were counted");
    const interrupted = reportOf();
    run(interrupted.report, {}, 4);
    expect(interrupted.report.conclude({ interrupted: true })).toBe(true);
  });

  test("finds a run wrong that counted flights twice", () => {
    const { report, text } = reportOf();
    const states = [...statesAfter(1_000)].map(
      ([airport, state]) => [airport, { ...state, flights: state.flights * 2 }] as const,
    );
    report.airports(states, 1_000);
    expect(report.conclude({ interrupted: true })).toBe(false);
    expect(text()).toContain("WRONG");
  });
});
