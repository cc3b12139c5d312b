// Pictures and files that customers send, and texts that were found later because their webhook was missed.

import { Desk } from "../fixtures/desk.ts";
import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const MEDIA = "**/api/v1/messages/*/media/*";

test("a picture is a thumbnail in the thread, and opens in full size", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  await customer.text("Here is the bill", "image/png");
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

test("a picture that cannot be had says so in its place, and may be tried again", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(502, "/media/");
  const [customer] = await texting({ page, context, desk });
  await customer.order({ fault: "http_500", on: "media", times: 2 });
  await customer.text("Here is the bill", "image/png");
  const broken = page.getByRole("button", { name: "The picture could not be loaded. Try again" });
  await expect(broken).toBeVisible();
  const box = await broken.boundingBox();
  await broken.click();
  const thumbnail = page.getByRole("button", { name: "Picture from Customer" });
  await expect(thumbnail.getByRole("img")).toHaveJSProperty("complete", true);
  expect(await thumbnail.boundingBox()).toEqual(box);
});

test("a picture that comes when the session wants renewing is shown", async ({ page, context, desk, problems }) => {
  problems.expect(401, "/api/v1/");
  const [customer] = await texting({ page, context, desk });
  // As it is after 15 minutes.
  await page.route(
    MEDIA,
    async (route) => {
      await context.clearCookies({ name: "smsc_access" });
      await route.fulfill({ status: 401 });
    },
    { times: 1 },
  );
  await customer.text("Here is the bill", "image/png");
  const image = page.getByRole("button", { name: "Picture from Customer" }).getByRole("img");
  await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});

test("what is no picture is a link that says what it is", async ({ page, context, desk }) => {
  const [customer] = await texting({ page, context, desk });
  await customer.text("My address", "text/x-vcard");
  const link = page.getByRole("link", { name: "Attachment (text/x-vcard)" });
  await expect(link).toHaveAttribute("href", /^\/api\/v1\/messages\/\d+\/media\/0$/);
  await expect(page.getByRole("button", { name: "Picture from Customer" })).toBeHidden();
});

test("a text whose webhook was missed is found, and says that it was", async ({ page, context, problems }) => {
  problems.expect("net::ERR_", "/api/v1/");
  const desk = await Desk.start(undefined, { SMS_CHAT_REPAIR_SECONDS: "1" });
  const customer = desk.customer("Collections");
  await customer.text("Can I pay on Friday?");
  const { id } = await (await desk.agent("ann")).conversation("Collections", customer.number);
  await desk.signIn(context, "ann");
  await page.goto(`${desk.url}/conversations/${id}`);
  await customer.order({ fault: "webhook_never" });
  await customer.text("Or on Saturday?");
  const found = page
    .getByRole("region", { name: "Messages" })
    .getByRole("listitem")
    .filter({ hasText: "Or on Saturday?" });
  await expect(found).toContainText("Arrived late: the gateway did not report it at once", { timeout: 15_000 });
  await page.close();
  await desk.discard();
});
