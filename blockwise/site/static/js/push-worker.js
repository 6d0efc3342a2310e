// Shows what a message is about; a click opens the page that shows more, and does nothing else.
self.addEventListener("push", (event) => {
  const { title, link, name } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { tag: name, data: link, icon: "/static/icon.svg" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(new URL(event.notification.data, self.location.origin)));
});
