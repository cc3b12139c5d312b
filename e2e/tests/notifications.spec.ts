// Notifications: of the system, in the app, and as a count in the tab's title; and the preferences for them.
//
// The browser of these tests has no system that could show a notification. So the tests grant the permission, and
// replace the last step, `showNotification`, in the real service worker.

import type { Locator, Page, Response, Worker } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { openNewConversation } from "../fixtures/conversation.ts";
import { expectLive, requestsTo } from "../fixtures/network.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

interface Shown {
  title: string;
  body: string;
  tag: string;
}

/** Lets the page believe that the agent has allowed or not yet allowed notifications. */
async function permitNotifications(page: Page, permission: "granted" | "default"): Promise<void> {
  await page.addInitScript((initial) => {
    let permission = initial;
    Object.defineProperty(Notification, "permission", { get: () => permission });
    Notification.requestPermission = async () => (permission = "granted");
  }, permission);
}

/** Sends a test notification from the profile page, and returns the service worker that shows it. */
async function serviceWorker(page: Page): Promise<Worker> {
  const started = page.context().waitForEvent("serviceworker");
  await page.evaluate(async () => {
    const script = document.querySelector("meta[name=service-worker]")?.getAttribute("content");
    await navigator.serviceWorker.register(script ?? "");
    await navigator.serviceWorker.ready;
  });
  const worker = await started;
  await worker.evaluate(() => {
    const scope = globalThis as unknown as {
      shown: Shown[];
      registration: { showNotification: (title: string, options: Omit<Shown, "title">) => Promise<void> };
    };
    scope.shown = [];
    scope.registration.showNotification = async (title, { body, tag }) => void scope.shown.push({ title, body, tag });
  });
  return worker;
}

function shown(worker: Worker): Promise<Shown[]> {
  return worker.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);
}

/** Opens a page as an account of Support, with notifications on. */
async function openWithNotifications(page: Page, server: TestServer, path = "/closed"): Promise<Worker> {
  await permitNotifications(page, "granted");
  await server.openAs(page, "bo", path);
  await expectLive(page);
  return serviceWorker(page);
}

/** Waits for the server's answer to a change of the preferences. */
function savedPreferences(page: Page): Promise<Response> {
  return page.waitForResponse(
    (response) => response.url().endsWith("/me/preferences") && response.request().method() === "PUT",
  );
}

test("a new message of an unassigned conversation is notified and counted until it is opened", async ({
  page,
  server,
}) => {
  const worker = await openWithNotifications(page, server);
  const customer = server.customer("Support");
  await customer.send("Hello?");
  const { id } = await (await server.apiAs("bo")).conversation("Support", customer.number);
  const path = `/conversations/${id}`;
  await expect(page).toHaveTitle(/^\(1\) /);
  const expected = { title: customer.displayNumber, body: "New message · Support", tag: path };
  await expect.poll(() => shown(worker)).toEqual([expected]);
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", /^data:/);

  await worker.evaluate(async (path) => {
    const event = new Event("notificationclick") as Event & { notification: unknown; waitUntil: (of: unknown) => void };
    event.notification = { close: () => {}, data: path };
    event.waitUntil = () => {};
    self.dispatchEvent(event);
  }, path);
  await expect(page).toHaveURL(path);
  await expect(page).not.toHaveTitle(/^\(/);
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", /^\//);

  // Quiet while the agent looks at the conversation.
  await customer.send("Anybody there?");
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Anybody there?");
  await server.customer("Support").send("Another one");
  await expect.poll(async () => (await shown(worker)).length).toBe(2);
  expect((await shown(worker)).filter(({ tag }) => tag === path)).toHaveLength(1);
});

test("a conversation that a colleague answers is no longer counted, and one that a colleague has never is", async ({
  page,
  server,
}) => {
  await server.openAs(page, "bo", "/closed");
  await expectLive(page);
  const api = await server.apiAs("supervisor");
  const [first, second] = [server.customer("Support"), server.customer("Support")];
  await first.send("Hello?");
  await expect(page).toHaveTitle(/^\(1\) /);
  const { id } = await api.conversation("Support", first.number);
  await api.take(id);
  await expect(page).not.toHaveTitle(/^\(/);
  await first.send("Anybody there?");
  await second.send("Hello?");
  await expect(page).toHaveTitle(/^\(1\) /);
  await api.reply((await api.conversation("Support", second.number)).id, "Yes");
  await expect(page).not.toHaveTitle(/^\(/);
});

test("a conversation that a colleague gives is a notice with a link, and a notification", async ({ page, server }) => {
  const worker = await openWithNotifications(page, server);
  const customer = server.customer("Support");
  await customer.send("Hello?");
  const api = await server.apiAs("supervisor");
  const { id } = await api.conversation("Support", customer.number);
  await api.give(id, "Bo", "You know her.");
  const notice = page.getByRole("region", { name: "Notices" }).getByRole("link");
  await expect(notice).toHaveText(`Sam Supervisor gave you this conversation: ${customer.displayNumber}`);
  await expect.poll(async () => (await shown(worker)).map(({ body }) => body)).toContain(
    "Sam Supervisor gave you this conversation · Support",
  );
  await notice.click();
  await expect(page).toHaveURL(`/conversations/${id}`);
});

test("the profile turns notifications on with a click, tests them, and mutes a kind of a team", async ({
  page,
  server,
}) => {
  const account = await server.createAccount({ permissions: ["reply"], teams: ["Support", "Claims"] });
  await permitNotifications(page, "default");
  await server.openAs(page, account, "/profile");
  await expectLive(page);
  const worker = await serviceWorker(page);
  const section = page.getByRole("region", { name: "Notifications" });
  const choice = (team: string) => section.getByRole("group", { name: team }).getByLabel("New message");
  await section.getByRole("button", { name: "Turn on notifications" }).click();
  await section.getByRole("button", { name: "Send a test notification" }).click();
  await expect.poll(() => shown(worker)).toHaveLength(1);
  await expectAccessible(page);

  const muted = savedPreferences(page);
  await choice("Support").uncheck();
  expect((await muted).status()).toBe(200);
  await server.customer("Support").send("Hello?");
  await server.customer("Claims").send("Hello?");
  const bodies = ["This is how a notification looks.", "New message · Claims"];
  await expect.poll(async () => (await shown(worker)).map(({ body }) => body)).toEqual(bodies);
  await expect(page).toHaveTitle(/^\(1\) /);
  await page.reload();
  await expect(choice("Support")).not.toBeChecked();
  await expect(choice("Claims")).toBeChecked();
});

test("a theme that is chosen in one browser is the theme in the account's other browser", async ({
  page,
  otherPage,
  server,
}) => {
  const account = await server.createAccount({ permissions: [], teams: ["Support"] });
  await server.openAs(otherPage, account, "/closed");
  await expectLive(otherPage);
  await server.openAs(page, account, "/profile");
  await page.getByRole("main").getByRole("radio", { name: "Dark" }).check();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(otherPage.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("with several tabs, one of them notifies", async ({ page, server }) => {
  const worker = await openWithNotifications(page, server);
  const second = await page.context().newPage();
  await permitNotifications(second, "granted");
  await second.goto(`${server.url}/closed`);
  await expectLive(second);
  const customer = server.customer("Support");
  await customer.send("Hello?");
  for (const tab of [page, second]) await expect(tab).toHaveTitle(/^\(1\) /);
  await expect.poll(async () => (await shown(worker)).map(({ title }) => title)).toEqual([customer.displayNumber]);
  const next = server.customer("Support");
  await next.send("Hello?");
  const titles = [customer.displayNumber, next.displayNumber];
  await expect.poll(async () => (await shown(worker)).map(({ title }) => title)).toEqual(titles);
  await expect(page).toHaveTitle(/^\(2\) /);
  const { id } = await (await server.apiAs("bo")).conversation("Support", customer.number);
  await second.goto(`${server.url}/conversations/${id}`);
  await expect(page).toHaveTitle(/^\(1\) /);
  await second.close();
});

/** Opens a new account's profile page, whose settings are loaded once the sound is off. */
async function openQuietProfile(page: Page, server: TestServer): Promise<Locator> {
  const account = await server.createAccount({ permissions: [], teams: ["Support"] });
  await (await server.apiAs(account)).setPreferences({ sound: false });
  await server.openAs(page, account, "/profile");
  await expectLive(page);
  const sound = page.getByRole("checkbox", { name: "Sound" });
  await expect(sound).not.toBeChecked();
  return sound;
}

/** Changes another setting, which the second tab loads, and expects that both tabs stay dark. */
async function expectDarkAfterAnotherChange(sound: Locator, second: Page): Promise<void> {
  const loaded = second.waitForResponse((response) => response.url().endsWith("/me/preferences"));
  await sound.check();
  await (await loaded).finished();
  for (const tab of [second, sound.page()]) await expect(tab.locator("html")).toHaveAttribute("data-theme", "dark");
}

test("two tabs of a browser agree on a theme that is chosen in one of them", async ({ page, server }) => {
  const sound = await openQuietProfile(page, server);
  const second = await page.context().newPage();
  const stored = requestsTo(second, "PUT", "/api/v1/me/preferences");
  await second.goto(`${server.url}/profile`);
  await expectLive(second);
  // Without its settings, the second tab would store a theme that it finds changed.
  await expect(second.getByRole("checkbox", { name: "Sound" })).not.toBeChecked();
  const answered = savedPreferences(page);
  await page.getByRole("main").getByRole("radio", { name: "Dark" }).check();
  await answered;
  await expect(second.locator("html")).toHaveAttribute("data-theme", "dark");
  await expectDarkAfterAnotherChange(sound, second);
  expect(stored).toEqual([]);
  await second.close();
});

test("a tab that loads the settings late takes over the theme that another one has chosen", async ({ page, server }) => {
  const sound = await openQuietProfile(page, server);
  const second = await page.context().newPage();
  const stored = requestsTo(second, "PUT", "/api/v1/me/preferences");
  const chosen = savedPreferences(page);
  await second.route("**/api/v1/me/preferences", async (route) => {
    await chosen;
    await route.continue();
  });
  await second.goto(`${server.url}/closed`);
  await expectLive(second);
  await page.getByRole("main").getByRole("radio", { name: "Dark" }).check();
  await expect(second.locator("html")).toHaveAttribute("data-theme", "dark");
  await expectDarkAfterAnotherChange(sound, second);
  expect(stored).toEqual([]);
  await second.close();
});

test("single-key shortcuts that are turned off in the profile stay off", async ({ page, server }) => {
  const account = await server.createAccount({ permissions: ["reply"], teams: ["Support"] });
  await server.openAs(page, account, "/profile");
  await expectLive(page);
  const answered = savedPreferences(page);
  await page.getByRole("main").getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  expect((await answered).request().postDataJSON()).toMatchObject({ shortcuts: false });
  await page.keyboard.press("?");
  await page.reload();
  await expect(page.getByRole("main").getByRole("checkbox", { name: "Single-key shortcuts" })).not.toBeChecked();
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("returning to a hidden tab on the conversation ends its count", async ({ page, server }) => {
  const { customer } = await openNewConversation(page, server);
  await expectLive(page);
  const setHidden = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await setHidden(true);
  await customer.send("Anybody there?");
  await expect(page).toHaveTitle(/^\(1\) /);
  await setHidden(false);
  await expect(page).not.toHaveTitle(/^\(/);
});
