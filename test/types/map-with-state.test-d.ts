/** Owns: what `mapWithState` infers from a function, in line and in a StateSpec, and what its streams hold. */
import { expectTypeOf, test } from "vitest";
import {
  type DStream,
  HashPartitioner,
  type MapWithStateDStream,
  type State,
  StateSpec,
  seconds,
} from "../../src/index.ts";
import { countSet, counts, type Json } from "./given.ts";

interface Session {
  start: number;
  pages: string[];
}

test("mapWithState infers key, value and time, and takes a literal for a pair", () => {
  const running = counts.mapWithState((key, value, state: State<number>, timeMs) => {
    expectTypeOf(key).toEqualTypeOf<string>();
    expectTypeOf(value).toEqualTypeOf<number | undefined>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    return [key, state.getOption() ?? 0];
  });
  expectTypeOf(running).toEqualTypeOf<MapWithStateDStream<string, number, [string, number]>>();
  expectTypeOf(running.reduceByKey(Math.max)).toEqualTypeOf<DStream<[string, number]>>();
});

test("undefined emits nothing, and is not in the stream", () => {
  const some = counts.mapWithState((key, value, _state: State<number>) =>
    value === undefined ? undefined : [key, value],
  );
  expectTypeOf(some).toEqualTypeOf<MapWithStateDStream<string, number, [string, number]>>();
  const none = counts.mapWithState((_key, value, state: State<number>) => {
    state.update(value ?? 0);
  });
  expectTypeOf(none).toEqualTypeOf<MapWithStateDStream<string, number, never>>();
});

test("what is emitted need not be a pair", () => {
  const objects = counts.mapWithState((key, value, _state: State<number>) => ({ key, value }));
  expectTypeOf(objects).toExtend<DStream<{ key: string; value: number | undefined }>>();
  const numbers = counts.mapWithState((_key, value, _state: State<Session>) => value ?? 0);
  expectTypeOf(numbers).toEqualTypeOf<MapWithStateDStream<string, Session, number>>();
  const parsed = counts.mapWithState((key, _value, _state: State<number>) => JSON.parse(key));
  expectTypeOf(parsed).toEqualTypeOf<MapWithStateDStream<string, number, Json>>();
});

test("of pairs of several types the parts are united", () => {
  const either = counts.mapWithState((key, value, _state: State<number>) => {
    if (value === undefined) return [key, "timed out"];
    return [key, value];
  });
  expectTypeOf(either).toEqualTypeOf<
    MapWithStateDStream<string, number, [string, string | number]>
  >();
});

test("stateSnapshots has all keys with their states", () => {
  const sessions = counts.mapWithState((key, _value, _state: State<Session>) => key);
  expectTypeOf(sessions.stateSnapshots()).toEqualTypeOf<DStream<[string, Session]>>();
});

test("a StateSpec with settings carries the types of its function", () => {
  const spec = StateSpec.function((key: string, value: number | undefined, state: State<number>) =>
    value === undefined ? undefined : [key, value + (state.getOption() ?? 0)],
  )
    .initialState(countSet)
    .partitioner(new HashPartitioner(4))
    .timeout(seconds(30));
  expectTypeOf(spec).toEqualTypeOf<
    StateSpec<string, number, number, [string, number] | undefined>
  >();
  expectTypeOf(counts.mapWithState(spec)).toEqualTypeOf<
    MapWithStateDStream<string, number, [string, number]>
  >();
});

test("a StateSpec in line infers key and value", () => {
  const running = counts.mapWithState(
    StateSpec.function((key, value, state: State<number>) => [
      key,
      (value ?? 0) + (state.getOption() ?? 0),
    ]),
  );
  expectTypeOf(running).toEqualTypeOf<MapWithStateDStream<string, number, [string, number]>>();
});

test("a StateSpec of other keys or values does not compile", () => {
  const ofNumbers = StateSpec.function(
    (key: number, _value: number | undefined, _state: State<number>) => key,
  );
  // @ts-expect-error: keys are texts
  counts.mapWithState(ofNumbers);
  const ofTexts = StateSpec.function(
    (key: string, _value: string | undefined, _state: State<number>) => key,
  );
  // @ts-expect-error: values are numbers
  counts.mapWithState(ofTexts);
  // @ts-expect-error: the value may be missing
  counts.mapWithState((key, value: number, _state: State<number>) => [key, value]);
  // @ts-expect-error: a plain number is no duration
  ofTexts.timeout(30);
  const ofSessions = StateSpec.function(
    (key: string, _v: number | undefined, _s: State<Session>) => key,
  );
  // @ts-expect-error: numbers are no sessions
  ofSessions.initialState(countSet);
});

test("a state is read, and is changed by update alone", () => {
  counts.mapWithState((_key, _value, state: State<Session>) => {
    const session = state.get();
    // @ts-expect-error: a state is only read
    session.start = 1;
    state.update({ ...session, start: 1 });
    state.update({ ...session, pages: [...session.pages, "/"] });
    // @ts-expect-error: a session has a start
    state.update({ pages: [] });
    expectTypeOf(state.getOption()).toEqualTypeOf<Readonly<Session> | undefined>();
    return session.start;
  });
  counts.mapWithState((_key, _value, state: State<number[]>) => {
    // @ts-expect-error: a state is only read
    state.get().push(1);
    state.update([...state.get(), 1]);
  });
});

test("a clone that may be changed is given a name of its own type", () => {
  const inPlace = StateSpec.function((key: string, _v: number | undefined, s: State<Session>) => {
    const session: Session = s.get();
    session.pages.push(key);
    session.start = 0;
    return [key, session.pages.length];
  }).mutable(structuredClone);
  expectTypeOf(counts.mapWithState(inPlace)).toEqualTypeOf<
    MapWithStateDStream<string, Session, [string, number]>
  >();
});

test("a spec is told version, migration, codec and backend of its states", () => {
  const spec = StateSpec.function(
    (_key: string, value: number | undefined, state: State<number>) => {
      state.update(value ?? 0);
    },
  )
    .version(2)
    .migrate((state, fromVersion, key) => {
      expectTypeOf(state).toEqualTypeOf<unknown>();
      expectTypeOf(fromVersion).toEqualTypeOf<number>();
      expectTypeOf(key).toEqualTypeOf<string>();
      return Number(state);
    })
    .codec("double")
    .backend("leveldb");
  const stream = counts.mapWithState(spec);
  expectTypeOf(stream).toEqualTypeOf<MapWithStateDStream<string, number, never>>();
  // @ts-expect-error: a text is no state of this spec
  spec.migrate((state) => `${state}`);
});
