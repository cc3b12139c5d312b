// Runs every command of docs/integrators.md, in its order.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const E2E = dirname(dirname(fileURLToPath(import.meta.url)));
const GUIDE = join(E2E, "..", "docs", "integrators.md");
/** The packages are installed already, in these folders. */
const PROGRAMS = [join(E2E, "node_modules", ".bin"), join(E2E, "schema", "node_modules", ".bin")];
const PRELUDE = `set -euo pipefail; export PATH="${PROGRAMS.join(":")}:$PATH"; npm() { :; }; npx() { "$@"; }`;

interface Block {
  language: string;
  code: string;
}

/** Returns the code blocks of the guide. */
async function blocks(replaced: Record<string, string>): Promise<Block[]> {
  let text = await readFile(GUIDE, "utf8");
  for (const [before, after] of Object.entries(replaced)) {
    expect(text, "the guide contains what the test replaces").toContain(before);
    text = text.replaceAll(before, after);
  }
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language: language!, code: code! }));
}

/** Returns a port on which nothing listens. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer().on("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      listener.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A shell that runs one block after another. */
class Shell {
  /** Everything that the commands have printed. */
  output = "";
  private count = 0;

  private constructor(readonly process: ChildProcess) {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.process.stdin?.write(`${PRELUDE}\n`);
  }

  static in(folder: string): Shell {
    return new Shell(spawn("bash", [], { cwd: folder, detached: true }));
  }

  /** Runs a block to its end. A command that fails ends the shell. */
  async run(code: string): Promise<void> {
    const end = `-- end of block ${++this.count}`;
    this.process.stdin?.write(`${code}\necho; echo '${end}'\n`);
    await expect
      .poll(() => this.output.includes(end) || this.process.exitCode !== null, { timeout: 30_000 })
      .toBe(true);
    expect(this.process.exitCode, this.output).toBeNull();
  }

  /** Ends the shell and what it has started. */
  stop(): void {
    if (this.process.pid !== undefined && this.process.exitCode === null) process.kill(-this.process.pid, "SIGKILL");
  }
}

/** Saves a program of the guide under the name in its first line. */
async function save(folder: string, code: string): Promise<void> {
  const name = /^\/\/ (\S+)\n/.exec(code)?.[1];
  expect(name, "the first line of a program names its file").toBeDefined();
  await writeFile(join(folder, name!), code);
}

async function follow(server: TestServer, shell: Shell, folder: string): Promise<void> {
  const [customer, other] = [server.customer("Claims"), server.customer("Claims")];
  const guide = await blocks({
    // First, because the texts that replace others can contain it.
    "9000": String(await freePort()),
    "http://127.0.0.1:8080": server.url,
    "+447700900123": customer.number,
    "+447700900456": other.number,
    Reminders: server.uniqueName("Reminders"),
  });
  for (const { language, code } of guide) {
    if (language !== "sh") {
      await save(folder, code);
      continue;
    }
    await shell.run(code);
    if (code.includes("node receiver.mjs")) {
      await expect.poll(() => shell.output).toContain("webhook.test");
      await customer.send("I will be there.");
      await expect.poll(() => shell.output).toContain("message.received I will be there.");
    }
  }
  const [reminder, reply] = ["Your appointment is tomorrow at 10:00.", "Thank you. See you tomorrow."];
  await expect.poll(() => customer.receivedBodies()).toEqual([reminder, reply]);
  await expect.poll(() => other.receivedBodies()).toEqual(["We are closed on Monday."]);
  expect(shell.output).toContain('"problem":"invalid_number"');
  expect(await readFile(join(folder, "messages.csv"), "utf8")).toContain(reply);
}

test("every command of the integrators' guide works", async ({ server }) => {
  test.setTimeout(120_000);
  // Beside the packages, so that the programs of the guide find them.
  const folder = await mkdtemp(join(E2E, ".guide-"));
  const shell = Shell.in(folder);
  try {
    await follow(server, shell, folder);
  } finally {
    shell.stop();
    await rm(folder, { recursive: true });
  }
});
