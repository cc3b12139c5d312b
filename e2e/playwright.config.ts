// Configuration of the browser tests. `cargo xtask test` sets SMS_CHAT_BIN (the compiled server, which the fixtures
// start on a free port with its own database) and CHROMIUM (the system's browser, so that Playwright downloads none).
import { defineConfig, devices } from "@playwright/test";

// Chromium's sandbox does not work for root in a container. The tests open only the server's own pages, on loopback.
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "./tests",
  outputDir: "./test-results",
  fullyParallel: true,
  workers: 2,
  forbidOnly: !!process.env.CI,
  // A test that passes only on a retry hides a bug.
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    locale: "en-GB",
    timezoneId: "Europe/London",
    screenshot: "only-on-failure",
    // Recording traces makes the tests a quarter slower. A run of chosen tests records them (`cargo xtask test NAME`).
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      chromiumSandbox: !asRoot,
      // Without these flags, Chromium contacts its update services at every start, and retries many times a second
      // on a network that blocks them.
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
