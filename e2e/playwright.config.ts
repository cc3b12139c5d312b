// How the browser tests run. `cargo xtask test` gives SMS_CHAT_BIN (the compiled server, which the fixtures start on a
// spare port with a database of its own) and CHROMIUM (the system's browser: Playwright downloads none).
import { defineConfig, devices } from "@playwright/test";

// A container's root may not open Chromium's sandbox; the only pages it sees are our own, on loopback.
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "./tests",
  outputDir: "./test-results",
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env.CI,
  // A test that needs a second try hides a fault: here it fails.
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    locale: "en-GB",
    timezoneId: "Europe/London",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      chromiumSandbox: !asRoot,
      // Without these Chromium calls home at every start, which a closed network refuses many times a second.
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
