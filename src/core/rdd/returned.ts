/**
 * Owns: the types of what a user's function returns: pairs are inferred as pairs, and a promise is refused.
 * Does not own: refusing promises at run time (user-function.ts).
 *
 * How inference is led: the compiler takes a literal `[a, b]` for a tuple only where its context names a tuple type, and of
 * several overloads the first one makes the context. So the first overload of an operator that may give pairs asks for a
 * pair; elsewhere a tuple type that nothing matches stands beside the type that is inferred.
 */

declare const promiseRefused: unique symbol;

type UseMapAsync = "use mapAsync for a function that returns a promise";

/** What no promise is; its name and `Help` are what the compiler says when it finds one. */
type PromiseRefused<Help extends string = UseMapAsync> = {
  readonly [promiseRefused]: Help;
};

/**
 * "promise" where U has a promise in it, also in an array. A type parameter of the caller counts as a value, or no generic
 * function could hand its own functions on: the compiler tries `any` for it, and takes "promise" to be ruled out.
 */
type Kind<U> = KindOf<U | ElementOf<U>>;

type KindOf<U> = [U] extends [never]
  ? "value"
  : unknown extends U
    ? "value"
    : [Extract<U, PromiseLike<unknown>>] extends [never]
      ? "value"
      : "promise";

type ElementOf<U> = U extends readonly (infer E)[] ? E : never;

/** `unknown` for a value, and what no promise is for a promise. */
export type NotPromise<U, Help extends string = UseMapAsync> =
  Kind<U> extends "promise" ? PromiseRefused<Help> : unknown;

/**
 * A returned value of type U, or `Nothing`, and no promise; an array literal is a tuple. (`unknown` in place of the union
 * would swallow the tuple type beside it, and with it the context that the literal needs.)
 */
export type Returned<U, Nothing = never> = U &
  (Kind<U> extends "promise" ? readonly [PromiseRefused] : {} | null | undefined | Nothing);

/** What nothing is: beside an inferred type, it makes an array literal a tuple. */
export type TupleHint = readonly [never];

/** What a function is that was asked for `U | TupleHint`: the hint is never returned. */
export type Adding<U, V> = (total: U, value: V) => U;

type PairPart = {} | null | undefined | TupleHint;

/** Any pair; array literals within it are tuples. */
export type AnyPair = readonly [PairPart, PairPart];

/** Any pair whose value is written as an array of one: such an array is there to grow, and is no tuple. */
export type PairWithList = readonly [PairPart, readonly [unknown]];

/** A returned pair, and no promise in it; never where the pair is `any`. */
export type PairValue<P extends AnyPair> = unknown extends P ? never : P & NotPromise<P[0] | P[1]>;

/** As `PairValue`; never also where the value is `any`, which is no array. */
export type ListPairValue<P extends PairWithList> = unknown extends P[1] ? never : PairValue<P>;

/** A pair of what the parts of P may be. */
export type PairOf<P extends AnyPair> = [P] extends [never] ? P : [P[0], P[1]];

/** A pair with a list of what the parts of P may be. */
export type ListPairOf<P extends PairWithList> = [P] extends [never] ? P : [P[0], P[1][0][]];

/** A returned number, also 0 | 1; never for `any`, and for numbers with a type of their own, as durations. */
export type NumberValue<N extends number> = unknown extends N
  ? never
  : keyof N extends keyof number
    ? N
    : never;

/** What a predicate returns: a boolean, and no promise of one. */
export type Verdict<B> = Kind<B> extends "promise" ? B & PromiseRefused : boolean;

/** The elements of an iterable; `any` stays `any`. */
export type Elements<R> = unknown extends R ? R : R extends Iterable<infer E> ? E : never;

/** The records that a function emits by returning M: undefined is none, and of several pairs the parts are united. */
export type Emitted<M> = unknown extends M ? M : United<Exclude<M, undefined | void>>;

type United<M> = [M] extends [AnyPair] ? PairOf<M> : M;
