// `npm run measure` prints how fast the page answers inputs. These are measurements, not tests: they never fail because
// the machine is busy. Set SMS_CHAT_BIN and CHROMIUM as `cargo xtask test` does.
import config from "./playwright.config.ts";

export default { ...config, testDir: "./measurements", workers: 1, timeout: 90_000 };
