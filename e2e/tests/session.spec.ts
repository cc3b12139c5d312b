// Sessions: sign-in, renewal and sign-out. Conversations of other teams stay hidden.

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { credentialsOf } from "../fixtures/demo.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

const QUEUE = "Conversations in progress";

test("a wrong password shows an error beside the form, which keeps the e-mail address", async ({
  page,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/sessions");
  const signInPage = new SignInPage(page);
  await signInPage.open();
  await expect(signInPage.email).toBeFocused();
  await signInPage.signIn({ ...credentialsOf("ann"), password: "not-the-password" });
  await expect(signInPage.alert).toHaveText(
    "Wrong e-mail or password. Check both, or ask an administrator to set a new password.",
  );
  await expect(signInPage.email).toHaveValue("ann@example.com");
  await expect(signInPage.password).toHaveValue("");
  await expect(signInPage.password).toBeFocused();
  await signInPage.signIn("ann");
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
});

test("a visitor without a session gets the sign-in page, and no request is refused", async ({
  page,
  browserErrors,
}) => {
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(response.url());
  });
  await page.goto("/closed");
  await expect(new SignInPage(page).heading).toBeVisible();
  await expect(page).toHaveURL("/sign-in?return=%2Fclosed");
  expect(refused).toEqual([]);
  expect(browserErrors.unexpected).toEqual([]);
});

test("a disabled account is refused with the same error as a wrong password", async ({ page, browserErrors }) => {
  browserErrors.expect(401, "/api/v1/sessions");
  const signInPage = new SignInPage(page);
  await signInPage.open();
  await signInPage.signIn("dee");
  await expect(signInPage.alert).toHaveText(/^Wrong e-mail or password\./);
  await expect(page).toHaveURL("/sign-in");
});

test("after too many attempts the sign-in page says how long to wait", async ({ page, server, browserErrors }) => {
  browserErrors.expect(429, "/api/v1/sessions");
  const credentials = { email: "guessed@example.com", password: "guess" };
  await Promise.all(
    Array.from({ length: 10 }, () => page.request.post(`${server.url}/api/v1/sessions`, { data: credentials })),
  );
  const signInPage = new SignInPage(page);
  await signInPage.open();
  await signInPage.signIn(credentials);
  await expect(signInPage.alert).toHaveText(/^Too many attempts\. Try again in \d+ (seconds?|minutes?)\.$/);
});

test("signing in returns to the requested page", async ({ page, server }) => {
  const [conversation] = await (await server.apiAs("ann")).queue("Collections");
  await page.goto(`/conversations/${conversation!.id}`);
  await expect(page).toHaveURL(`/sign-in?return=%2Fconversations%2F${conversation!.id}`);
  await new SignInPage(page).signIn("ann");
  await expect(page).toHaveURL(`/conversations/${conversation!.id}`);
  await expect(new ConversationPage(page).box).toBeVisible();
});

test("signing in does not redirect to another site", async ({ page }) => {
  await page.goto("/sign-in?return=%2F%2Fexample.com%2F");
  await new SignInPage(page).signIn("ann");
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
  await expect(page).toHaveURL("/");
});

test("signing out ends the session in the browser and on the server", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  // The cookies of the ended session no longer work. A request that is under way when it ends can be refused too.
  browserErrors.expect(401, "/api/v1/");
  await server.signIn(page, "ann");
  const cookies = await context.cookies();
  await page.goto("/");
  await page.getByRole("link", { name: "Closed" }).click();
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(new SignInPage(page).heading).toBeVisible();
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  await context.addCookies(cookies);
  expect((await context.request.get("/api/v1/me")).status()).toBe(401);
  await page.goBack();
  await expect(new SignInPage(page).heading).toBeVisible();
  await page.reload();
  await expect(new SignInPage(page).heading).toBeVisible();
});

test("signing out first cancels the requests of the page", async ({ page, server }) => {
  await server.openAs(page, "ann", "/");
  // It is never answered.
  await page.route(/\/api\/v1\/queue\?.*assigned=me/, () => {});
  const cancelled = page.waitForEvent("requestfailed", (request) => request.url().includes("assigned=me"));
  await page.route("**/api/v1/sessions/current", async (route) => {
    await cancelled;
    await route.continue();
  });
  const requested = page.waitForRequest((request) => request.url().includes("assigned=me"));
  await page.getByRole("button", { name: /^Mine \d+$/ }).first().click();
  await requested;
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(new SignInPage(page).heading).toBeVisible();
});

test("a session whose access token has expired is renewed while a reply is being sent", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  const { customer, id, conversation } = await openNewConversation(page, server);
  await conversation.box.fill("Good morning");
  await context.clearCookies({ name: "smsc_access" });
  await conversation.box.press("Control+Enter");
  await expect(conversation.messages).toContainText("✓✓ delivered");
  await expect(page).toHaveURL(`/conversations/${id}`);
  expect(await customer.receivedMessages()).toHaveLength(1);
  const cookies = await context.cookies();
  expect(cookies.map((cookie) => cookie.name)).toContain("smsc_access");
});

test("two tabs that renew the session at the same moment both stay signed in", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  await server.signIn(page, "ann");
  const other = await context.newPage();
  const tabs = [page, other];
  await Promise.all(tabs.map((tab) => tab.goto("/")));
  for (const tab of tabs) await expect(tab.getByRole("region", { name: "Collections" })).toBeVisible();
  // Three times, because the tabs may renew in either order.
  for (const name of ["Closed", QUEUE, "Closed"]) {
    await context.clearCookies({ name: "smsc_access" });
    await Promise.all(tabs.map((tab) => tab.getByRole("link", { name, exact: true }).click()));
    for (const tab of tabs) {
      await expect(tab.getByRole("region", { name: "Collections" }).getByRole("row").nth(1)).toBeVisible();
    }
  }
  await Promise.all(tabs.map((tab) => tab.reload()));
  for (const tab of tabs) await expect(tab.getByRole("heading", { name: "Closed", level: 1 })).toBeVisible();
});

test("signing in again after the session has ended returns to the conversation and its draft", async ({
  page,
  context,
  server,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  const { id, conversation } = await openNewConversation(page, server);
  // The report that the agent types, and the draft, would find that the session has ended, before the click does.
  const sent = ["typing", "Half a thought"].map((text) =>
    page.waitForResponse((response) => response.request().postData()?.includes(text) ?? false),
  );
  await conversation.box.fill("Half a thought");
  await Promise.all(sent);
  await context.clearCookies();
  await conversation.sendButton.click();
  await expect(new SignInPage(page).heading).toBeVisible();
  await new SignInPage(page).signIn("ann");
  await expect(page).toHaveURL(`/conversations/${id}`);
  await expect(conversation.box).toHaveValue("Half a thought");
});

test("another team's conversation is not found", async ({ page, server, browserErrors }) => {
  browserErrors.expect(404, "/api/v1/conversations/");
  const [hidden] = await (await server.apiAs("cy")).queue("Claims");
  await server.openAs(page, "ann", `/conversations/${hidden!.id}`);
  await expect(page.getByRole("heading", { name: "Conversation not found" })).toBeVisible();
  await expect(page.locator(`[href="/conversations/${hidden!.id}"]`)).toHaveCount(0);
  await page.getByRole("link", { name: "Go to the conversations in progress" }).click();
  await expect(page.getByRole("heading", { name: QUEUE })).toBeVisible();
});
