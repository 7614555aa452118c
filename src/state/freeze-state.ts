/**
 * Owns: making a stored value read-only, so that a function that changes its input fails instead of
 * corrupting versions.
 * Does not own: where values are stored (partition-update.ts).
 */

const remedy =
  "a state value is read-only: return a new value, or declare the state mutable(clone)";

const dateMutators = Object.getOwnPropertyNames(Date.prototype).filter((n) => n.startsWith("set"));

const mapShadows = shadowsOf("Map", [
  "set",
  "delete",
  "clear",
  "getOrInsert",
  "getOrInsertComputed",
]);
const setShadows = shadowsOf("Set", ["add", "delete", "clear"]);
const dateShadows = shadowsOf("Date", dateMutators);

/**
 * Freezes a value all through and returns it: objects of every class with their own properties,
 * arrays, and the keys and values of Maps and Sets; it stops at what is frozen already. Maps, Sets
 * and Dates are frozen and their mutating methods throw a TypeError that says what to do.
 *
 * JavaScript cannot freeze typed arrays, DataViews and ArrayBuffers, nor private fields of classes:
 * they stay as they are, and whoever changes them changes the state of every version. An array of
 * floating-point numbers takes more memory once frozen. In sloppy-mode scripts a write to a frozen
 * object is ignored instead of refused.
 */
export function freezeState<S>(value: S): S {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freezeThrough(value);
  return value;
}

/** A list of what waits instead of recursion: a long linked list must not overflow the stack. */
function freezeThrough(root: object): void {
  const waiting: object[] = [];
  for (let object: object | undefined = root; object !== undefined; object = waiting.pop()) {
    if (Array.isArray(object)) {
      addThawed(object, waiting);
    } else if (Object.getPrototypeOf(object) === Object.prototype) {
      addThawedProperties(object as Readonly<Record<string, unknown>>, waiting);
    } else {
      if (ArrayBuffer.isView(object)) continue;
      shadowMutators(object, waiting);
      addThawed(Object.values(object), waiting);
    }
    Object.freeze(object);
  }
}

/**
 * The values of a plain object; this loop takes a third of the time of Object.values, which makes
 * an array.
 */
function addThawedProperties(object: Readonly<Record<string, unknown>>, waiting: object[]): void {
  for (const name in object) addThawedValue(object[name], waiting);
}

function addThawed(values: readonly unknown[], waiting: object[]): void {
  for (const value of values) addThawedValue(value, waiting);
}

function addThawedValue(value: unknown, waiting: object[]): void {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) waiting.push(value);
}

function shadowMutators(object: object, waiting: object[]): void {
  // Met twice before it was frozen, or closed by its owner: nothing can be defined on it any more.
  if (!Object.isExtensible(object)) return;
  if (object instanceof Map) {
    Object.defineProperties(object, mapShadows);
    addThawed([...object.keys(), ...object.values()], waiting);
  } else if (object instanceof Set) {
    Object.defineProperties(object, setShadows);
    addThawed([...object], waiting);
  } else if (object instanceof Date) {
    Object.defineProperties(object, dateShadows);
  }
}

/** Not enumerable, so that equality, printing and codecs do not see them. */
function shadowsOf(type: string, names: readonly string[]): PropertyDescriptorMap {
  return Object.fromEntries(
    names.map((name) => {
      const refuse = (): never => {
        throw new TypeError(`cannot call ${name} of this ${type}: ${remedy}`);
      };
      return [name, { value: refuse, enumerable: false }];
    }),
  );
}
