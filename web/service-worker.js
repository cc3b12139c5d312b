// The service worker: shows notifications, also those of hidden tabs, and opens their conversations. It caches nothing.

/** How long a visible tab may take to say which page it shows. */
const ANSWER_MS = 500;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(notify(JSON.parse(event.data), event.source)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

/** Shows a notification, unless a visible tab shows its page, and tells the tab that ordered it. */
async function notify({ title, body, path }, tab) {
  const visible = (await tabs()).filter((other) => other.visibilityState === "visible");
  if ((await Promise.all(visible.map(pageOf))).includes(path)) return;
  await self.registration.showNotification(title, { body, tag: path, renotify: true, silent: true, data: path });
  tab?.postMessage("shown");
}

/** Opens a page in a tab of the app, the visible one if possible, or else in a new tab. */
async function open(path) {
  const all = await tabs();
  const tab = all.find((other) => other.visibilityState === "visible") ?? all[0];
  if (!tab) return self.clients.openWindow(path);
  tab.postMessage(path);
  return tab.focus();
}

function tabs() {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}

/** The path that a tab shows. The address of a client is the one that it was opened with. */
function pageOf(tab) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data);
    tab.postMessage("?", [port2]);
    setTimeout(() => resolve(null), ANSWER_MS);
  });
}
