// Runs a cell of a notebook that comes on standard input, as a program of its own:
//
//     node cell.cjs PARENT NAME ARGUMENT ...
//
// As in Node's own console, `require` looks from the current folder, and `await` may stand anywhere.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { runInThisContext } = require("node:vm");
const { Worker } = require("node:worker_threads");

const [, parent, name] = process.argv.splice(1, 3, process.argv[3]); // which a program finds first

// In a thread, because the cell may be busy for ever. (`process.exit` would end the thread only.)
function watch(parent) {
  const end = () => process.kill(process.pid, "SIGKILL");
  setInterval(() => {
    if (process.ppid !== parent) end();
    try {
      process.kill(parent, 0); // asks whether it is there; on Windows nobody adopts an orphan
    } catch {
      end();
    }
  }, 200);
}
new Worker(`(${watch})(${parent})`, { eval: true }).unref();

// The cell begins on line 2, as line 1 is the magic's. It runs from `await null` on, so that the
// traceback of an error holds its lines and none of these.
const text = `(async (require) => { await null\n${readFileSync(0, "utf8")}\n})`;
let cell;
try {
  cell = runInThisContext(text, { filename: name });
} catch (error) {
  console.error(error.stack.split("\n    at ")[0]); // where the error of syntax is
  process.exit(1);
}
cell(createRequire(join(process.cwd(), "cell")));
