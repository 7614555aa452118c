/** A program that computes for ever before start(). */
function spin(): void {
  console.log("spins");
  for (let turn = 0; ; turn += 1) Math.sqrt(turn);
}
spin();
