// The same measurement with the npm package jsonata: node jsonata_node.js PACKAGE_DIR < requests
const readline = require("readline");
const jsonata = require(process.argv[2] || "jsonata");
const LONG_ENOUGH_NS = 3000000n;

async function measure(expression, input, bindings) {
  for (let count = 1; ; count *= 2) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      try {
        await expression.evaluate(input, bindings);
      } catch (error) {
        // an expression that fails is measured, too
      }
    }
    const took = process.hrtime.bigint() - start;
    if (took > LONG_ENOUGH_NS) return Number(took) / count;
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let expression;
    try {
      expression = jsonata(request.expression);
    } catch (error) {
      continue;
    }
    const ns = await measure(expression, request.input, request.bindings);
    console.log(JSON.stringify({ id: request.id, ns }));
  }
})();
