// `npm run screenshot` takes the README's screenshot anew, from the demo data. It needs SMS_CHAT_BIN and CHROMIUM, as
// playwright.config.ts does.
import config from "./playwright.config.ts";

export default { ...config, testDir: "./screenshots", testMatch: "readme.spec.ts" };
