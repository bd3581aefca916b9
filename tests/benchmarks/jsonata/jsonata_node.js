// The same measurement with the npm package jsonata: node jsonata_node.js PACKAGE_DIR < requests
const readline = require("readline");
const jsonata = require(process.argv[2] || "jsonata");
const LONG_ENOUGH_NS = 3000000n;

const ROUNDS = 5;

async function round(expression, input, bindings, count) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    try {
      await expression.evaluate(input, bindings);
    } catch (error) {
      // an expression that fails is measured, too
    }
  }
  return process.hrtime.bigint() - start;
}

// The best of some rounds, each of so many evaluations that it can be timed.
async function measure(expression, input, bindings) {
  let count = 1;
  let best = await round(expression, input, bindings, count);
  while (best < LONG_ENOUGH_NS) best = await round(expression, input, bindings, (count *= 2));
  for (let i = 1; i < ROUNDS; i++) {
    const took = await round(expression, input, bindings, count);
    if (took < best) best = took;
  }
  return Number(best) / count;
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let expression;
    try {
      expression = jsonata(request.expression);
    } catch (error) {
      console.log(JSON.stringify({ id: request.id, error: error.code }));
      continue;
    }
    const ns = await measure(expression, request.input, request.bindings);
    console.log(JSON.stringify({ id: request.id, ns }));
  }
})();
