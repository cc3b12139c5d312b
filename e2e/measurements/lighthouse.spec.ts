// Measures the queue with Lighthouse, as on a desk: signed in, with the demo's conversations. npm fetches Lighthouse for
// this measurement only, because the tests do not need its 200 packages.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

import { chromium } from "@playwright/test";

import { expect, test } from "../fixtures/test.ts";

const LIGHTHOUSE = "lighthouse@12.8.2";
const PORT = 9_333;

test("the queue with Lighthouse", async ({ server }, testInfo) => {
  test.setTimeout(300_000);
  const profile = testInfo.outputPath("profile");
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    args: [`--remote-debugging-port=${PORT}`, "--no-sandbox"],
  });
  const report = testInfo.outputPath("lighthouse.json");
  try {
    const page = await context.newPage();
    await server.openAs(page, "cy", "/");
    await expect(page.getByRole("link", { name: /^Open conversation/ }).first()).toBeVisible();
    await page.close();
    const settings = ["--preset=desktop", "--disable-storage-reset", "--output=json", `--output-path=${report}`];
    await promisify(execFile)("npx", ["--yes", LIGHTHOUSE, server.url, `--port=${PORT}`, "--quiet", ...settings]);
  } finally {
    await context.close();
  }
  const { categories, audits } = JSON.parse(await readFile(report, "utf8"));
  for (const { title, score } of Object.values<{ title: string; score: number }>(categories)) {
    console.log(`Lighthouse, ${title}: ${Math.round(score * 100)}`);
  }
  for (const { title, score } of Object.values<{ title: string; score: number | null }>(audits)) {
    if (score !== null && score < 0.9) console.log(`  below 90: ${title}`);
  }
  for (const name of ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]) {
    console.log(`  ${audits[name].title}: ${audits[name].displayValue}`);
  }
});
