// Pictures and files from customers, and messages recovered after their webhook was lost.

import { ConversationPage, openNewConversation } from "../fixtures/conversation.ts";
import { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

const MEDIA = "**/api/v1/messages/*/media/*";

test("a picture is shown as a thumbnail in the thread and opens in full size", async ({ page, server }) => {
  const { customer } = await openNewConversation(page, server);
  await customer.send("Here is the bill", "image/png");
  const thumbnail = page.getByRole("button", { name: "Picture from Customer" });
  const size = async () => {
    const box = await thumbnail.boundingBox();
    return [box?.width, box?.height];
  };
  await expect(thumbnail).toBeInViewport();
  const before = await size();
  await expect(thumbnail.getByRole("img")).toHaveJSProperty("complete", true);
  expect(await thumbnail.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  expect(await size()).toEqual(before);

  await thumbnail.click();
  const dialog = page.getByRole("dialog", { name: "Picture from Customer" });
  await expect(dialog.getByRole("img")).toBeVisible();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(await download.failure()).toBeNull();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(thumbnail).toBeFocused();
});

test("a picture that fails to load shows an error in its place and can be loaded again", async ({
  page,
  server,
  browserErrors,
}) => {
  browserErrors.expect(502, "/media/");
  const { customer } = await openNewConversation(page, server);
  await customer.injectFault({ fault: "http_500", on: "media", times: 2 });
  await customer.send("Here is the bill", "image/png");
  const broken = page.getByRole("button", { name: "The picture could not be loaded. Try again" });
  await expect(broken).toBeVisible();
  const box = await broken.boundingBox();
  await broken.click();
  const thumbnail = page.getByRole("button", { name: "Picture from Customer" });
  await expect(thumbnail.getByRole("img")).toHaveJSProperty("complete", true);
  expect(await thumbnail.boundingBox()).toEqual(box);
});

test("a picture is shown even if the access token has expired", async ({ page, context, server, browserErrors }) => {
  browserErrors.expect(401, "/api/v1/");
  const { customer } = await openNewConversation(page, server);
  // The access token expires after 15 minutes.
  await page.route(
    MEDIA,
    async (route) => {
      await context.clearCookies({ name: "smsc_access" });
      await route.fulfill({ status: 401 });
    },
    { times: 1 },
  );
  await customer.send("Here is the bill", "image/png");
  const image = page.getByRole("button", { name: "Picture from Customer" }).getByRole("img");
  await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});

test("an attachment that is not a picture is shown as a link with its content type", async ({ page, server }) => {
  const { customer } = await openNewConversation(page, server);
  await customer.send("My address", "text/x-vcard");
  const link = page.getByRole("link", { name: "Attachment (text/x-vcard)" });
  await expect(link).toHaveAttribute("href", /^\/api\/v1\/messages\/\d+\/media\/0$/);
  await expect(page.getByRole("button", { name: "Picture from Customer" })).toBeHidden();
});

test("a message whose webhook was lost is recovered and marked as late", async ({ page, browserErrors }) => {
  browserErrors.expect("net::ERR_", "/api/v1/");
  const server = await TestServer.start({ SMS_CHAT_REPAIR_SECONDS: "1" });
  const customer = server.customer("Collections");
  await customer.send("Can I pay on Friday?");
  const { id } = await (await server.apiAs("ann")).conversation("Collections", customer.number);
  await server.openAs(page, "ann", `/conversations/${id}`);
  await customer.injectFault({ fault: "webhook_never" });
  await customer.send("Or on Saturday?");
  const recovered = new ConversationPage(page).message("Or on Saturday?");
  await expect(recovered).toContainText("Arrived late: the gateway did not report it at once", { timeout: 15_000 });
  await page.close();
  await server.discard();
});
