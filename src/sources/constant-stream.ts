/** Owns: the input that has the same dataset in every batch. */
import { StreamError } from "../base/index.ts";
import { InputDStream, RDD } from "../core/index.ts";

/** Gives every batch the same dataset. */
export class ConstantInputStream<T> extends InputDStream<T> {
  override readonly kind: string = "constant";
  override readonly replay = "source";
  readonly #rdd: RDD<T>;

  /** Throws `argument_invalid`. */
  constructor(rdd: RDD<T>) {
    super();
    if (!(rdd instanceof RDD)) {
      throw new StreamError("argument_invalid", {
        argument: "rdd",
        value: rdd,
        expected: "an RDD",
      });
    }
    this.#rdd = rdd;
  }

  override compute(): RDD<T> {
    return this.#rdd;
  }
}
