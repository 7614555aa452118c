/** A program that ends without start(). */
console.log("nothing to do");
