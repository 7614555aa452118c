/**
 * Owns: making a stored value read-only, so that a function that changes its input fails instead of corrupting versions.
 * Does not own: where values are stored (partition-update.ts).
 */

const remedy =
  "a state value is read-only: return a new value, or declare the state with .mutable(clone)";

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
 * Freezes a value all through and returns it: objects of every class with their own properties, arrays, and the keys and
 * values of Maps and Sets; it stops at what is frozen already. Maps, Sets and Dates are frozen and their mutating methods throw a
 * TypeError that says what to do.
 *
 * JavaScript cannot freeze typed arrays, DataViews and ArrayBuffers, nor private fields of classes: they stay as they
 * are, and whoever changes them changes the state of every version. An array of floating-point numbers takes more
 * memory once frozen. In sloppy-mode scripts a write to a frozen object is ignored instead of refused.
 */
export function freezeState<S>(value: S): S {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) freezeThrough(value);
  return value;
}

/** A list of what waits instead of recursion: a long linked list must not overflow the stack. */
function freezeThrough(root: object): void {
  const waiting: object[] = [root];
  for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
    if (Object.isFrozen(object) || ArrayBuffer.isView(object)) continue;
    if (Array.isArray(object)) {
      addObjects(object, waiting);
    } else if (object instanceof Map) {
      Object.defineProperties(object, mapShadows);
      addObjects(object.keys(), waiting);
      addObjects(object.values(), waiting);
    } else if (object instanceof Set) {
      Object.defineProperties(object, setShadows);
      addObjects(object, waiting);
    } else if (object instanceof Date) {
      Object.defineProperties(object, dateShadows);
    }
    if (!Array.isArray(object)) addObjects(Object.values(object), waiting);
    Object.freeze(object);
  }
}

function addObjects(values: Iterable<unknown>, waiting: object[]): void {
  for (const value of values) {
    if (typeof value === "object" && value !== null) waiting.push(value);
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
