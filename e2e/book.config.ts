// `cargo xtask screenshots` makes the screenshot book. It sets SCREENSHOTS to the folder of the book, and SMS_CHAT_BIN
// and CHROMIUM as `cargo xtask test` does.
import config from "./playwright.config.ts";

export default { ...config, testDir: "./screenshots", testMatch: "book.spec.ts", timeout: 60_000 };
