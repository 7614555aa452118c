/** Owns: count, mean, variance and extremes of numbers in one pass, and how two such counts become one. */

/** Running statistics of numbers, by the parallel form of Welford's method (Chan, Golub and LeVeque, 1979). */
export class StatCounter {
  count = 0;
  mean = 0;
  min: number = Number.POSITIVE_INFINITY;
  max: number = Number.NEGATIVE_INFINITY;
  #squares = 0;

  /** Adds one number. */
  add(value: number): this {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    return this;
  }

  /** Adds the numbers of another counter. */
  merge(other: StatCounter): this {
    if (other.count === 0) return this;
    const count = this.count + other.count;
    const delta = other.mean - this.mean;
    this.#squares += other.#squares + (delta * delta * this.count * other.count) / count;
    this.mean += (delta * other.count) / count;
    this.count = count;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    return this;
  }

  get sum(): number {
    return this.mean * this.count;
  }

  /** The variance of the numbers as a whole population; NaN without numbers. */
  get variance(): number {
    return this.count === 0 ? Number.NaN : this.#squares / this.count;
  }

  /** The variance that the numbers as a sample estimate; NaN for fewer than two. */
  get sampleVariance(): number {
    return this.count < 2 ? Number.NaN : this.#squares / (this.count - 1);
  }

  get stdev(): number {
    return Math.sqrt(this.variance);
  }

  get sampleStdev(): number {
    return Math.sqrt(this.sampleVariance);
  }
}
