// The language of the app: the account's, or else the browser's; dates, numbers and plurals follow it. Right-to-left
// names do not reorder what stands around them.

import { openNewConversation } from "../fixtures/conversation.ts";
import { DailyFilePage, UPLOAD_TIMEOUT, csv } from "../fixtures/daily-file.ts";
import { englishTexts, reloadInGerman } from "../fixtures/languages.ts";
import { SCREENS } from "../fixtures/screens.ts";
import { expect, test } from "../fixtures/test.ts";

const AGENT_ACCESS = { permissions: ["reply", "close"], teams: ["Support" as const] };

/** The screens that are the same after a reload: those whose state is in the address or on the server. */
const MAIN_SCREENS = [
  "conversation, open",
  "conversation, given with a note",
  "conversation, with a scheduled and a held message",
  "conversation, snoozed with a note",
  "conversation, with long words and a failed reply",
  "conversation, with earlier ones",
  "conversation, while the gateway refuses the server",
  "conversation, two customers with one number",
  "conversation, closed",
  "conversation, opted out",
  "templates",
  "teams",
  "team",
  "accounts",
  "profile",
  "a page that the account cannot open",
  "sign-in",
  "conversations in progress",
  "closed conversations",
  "daily file",
  "conversation not found",
  "page not found",
  "opt-outs",
  "search, with results",
];

test("in English, no other language is requested", async ({ page }) => {
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  expect(requests.filter((url) => url.endsWith(".txt"))).toEqual([]);
});

test("the language chosen on the profile page is the account's on every device", async ({
  page,
  server,
  otherPage,
}) => {
  const fay = await server.createAccount(AGENT_ACCESS);
  await server.openAs(page, fay, "/profile");
  await page.getByRole("radio", { name: "Deutsch" }).check();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ihr Profil");
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page).toHaveTitle("Ihr Profil · SMS Chat");

  await server.openAs(otherPage, fay, "/");
  await expect(otherPage.getByRole("heading", { level: 1 })).toHaveText("Laufende Gespräche");

  await page.getByRole("radio", { name: "English" }).check();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your profile");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test("the sign-in page leads to the other language, which becomes the account's", async ({ page, server, otherPage }) => {
  const fay = await server.createAccount(AGENT_ACCESS);
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await page.getByLabel("E-Mail").fill(fay.email);
  await page.getByLabel("Passwort").fill(fay.password);
  const stored = page.waitForResponse((response) => response.request().method() === "PUT");
  await page.getByRole("button", { name: "Anmelden" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Laufende Gespräche");
  expect((await (await stored).json()).language).toBe("de");
  await server.openAs(otherPage, fay, "/");
  await expect(otherPage.getByRole("heading", { level: 1 })).toHaveText("Laufende Gespräche");
});

test.describe("in a German browser", () => {
  test.use({ locale: "de-DE" });

  test("the app is in German, also in its dates, numbers and plurals", async ({ page, server }) => {
    await server.openAs(page, "bo", "/");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Laufende Gespräche");
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    const customer = server.customer("Support");
    await customer.send("Hello");
    const { id } = await (await server.apiAs("bo")).conversation("Support", customer.number);
    await page.goto(`/conversations/${id}`);
    const box = page.getByRole("textbox", { name: "Nachricht" });
    await box.fill("a".repeat(160));
    await expect(page.locator("#message-count")).toHaveText("160/160 · 1 Teil · GSM-7");
    await box.fill("a".repeat(161));
    await expect(page.locator("#message-count")).toHaveText("161/306 · 2 Teile · GSM-7");
    const time = page.getByRole("region", { name: "Nachrichten" }).locator("time").first();
    await expect(time).toHaveAttribute("title", /^(?:[A-Z][a-z]+tag|Mittwoch) \d+\. [A-Z][a-zä]+ \d{4} um \d\d:\d\d:\d\d/);
  });

  test("an account that has chosen English keeps it", async ({ page, server }) => {
    const fay = await server.createAccount(AGENT_ACCESS);
    await (await server.apiAs(fay)).setPreferences({ language: "en" });
    await server.openAs(page, fay, "/");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Conversations in progress");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });

  test("the app is in English when the texts cannot be loaded", async ({ page, browserErrors }) => {
    browserErrors.expect("net::ERR_FAILED", ".txt");
    browserErrors.expect("TypeError: Failed to fetch", "");
    let requests = 0;
    await page.route("**/*.txt", (route) => {
      requests += 1;
      return route.abort();
    });
    await page.goto("/sign-in");
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    expect(requests).toBe(1);
  });
});

test("the language of the sign-in page takes no setting of the last account with it", async ({ page, server }) => {
  const [fay, kim] = [await server.createAccount(AGENT_ACCESS), await server.createAccount(AGENT_ACCESS)];
  await (await server.apiAs(fay)).setPreferences({ theme: "dark", shortcuts: false });
  await server.openAs(page, fay, "/");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Deutsch" }).click();
  const stored = page.waitForRequest((request) => request.method() === "PUT" && request.url().endsWith("/me/preferences"));
  await page.getByLabel("E-Mail").fill(kim.email);
  await page.getByLabel("Passwort").fill(kim.password);
  await page.getByRole("button", { name: "Anmelden" }).click();
  expect((await stored).postDataJSON()).toMatchObject({ theme: "system", shortcuts: true, language: "de" });
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});

test("what the composer refuses is explained in German", async ({ page, server }) => {
  const { conversation } = await openNewConversation(page, server);
  await reloadInGerman(page);
  const box = page.getByRole("textbox", { name: "Nachricht" });
  const send = page.getByRole("button", { name: "Senden", exact: true });
  await expect(conversation.messages.or(page.getByRole("region", { name: "Nachrichten" }))).toBeVisible();
  for (const [text, reason] of [
    ["Hallo {{name", /ist kein vollständiger Platzhalter/],
    ["x".repeat(1_700), /höchstens 1600 Zeichen; diese hat 1700/],
  ] as const) {
    await box.fill(text);
    await send.click();
    await expect(box).toHaveAccessibleDescription(reason);
  }
});

test("a browser that stores nothing does not reload for a language again and again", async ({ page, server }) => {
  const fay = await server.createAccount(AGENT_ACCESS);
  await (await server.apiAs(fay)).setPreferences({ language: "de" });
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  let loads = 0;
  page.on("load", () => loads++);
  const loaded = page.waitForResponse("**/me/preferences");
  await server.openAs(page, fay, "/");
  await loaded;
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Conversations in progress");
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Closed");
  expect(loads).toBe(1);
});

for (const name of MAIN_SCREENS) {
  test(`no English text that has a German one is left on the screen: ${name}`, async ({ page, server, browserErrors }) => {
    const screen = SCREENS.find((screen) => screen.name === name);
    await screen?.open({ page, server, browserErrors });
    await reloadInGerman(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("main").locator(".skeleton")).toHaveCount(0);
    expect(await englishTexts(page)).toEqual([]);
  });
}

test("a right-to-left name does not reorder its row", async ({ page, freshServer }) => {
  const name = "דנה כהן 12";
  const customer = freshServer.customer("Collections");
  const dailyFile = await DailyFilePage.openAs(page, freshServer, "supervisor", "Collections");
  await dailyFile.choose("today.csv", csv([["A-77", name, customer.number, "GBP 1.00"]]));
  await dailyFile.useChosenFile();
  await expect(dailyFile.status).toContainText("today.csv was uploaded", UPLOAD_TIMEOUT);
  await customer.send("שלום");
  await page.goto(`${freshServer.url}/`);
  const row = page.getByRole("row").filter({ hasText: name });
  const cells = row.getByRole("cell");
  await expect(cells).toHaveText(["A-77", name, customer.displayNumber, "just now", /Agent/, /Open/]);
  const places = await cells.evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().left));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  await expect(row.locator("bdi", { hasText: name })).toHaveCSS("direction", "rtl");
  await expect(row.getByRole("link", { name: "A-77" })).toHaveAttribute("dir", "auto");
  await expect(row).toHaveCSS("direction", "ltr");
  await expect(row.locator("[data-row-link]")).toHaveAccessibleName(
    `Open conversation with \u2068${name}\u2069, ${customer.displayNumber}`,
  );
});
