/** The field pages: the task list and the capture page, the outbox on both. */
import "./field.css";
import { CapturePage } from "./capture";
import { pageData, placesData } from "./data";
import { Outbox } from "./outbox";
import { showPlaces } from "./places";
import { PositionWatch } from "./position";
import { Sender } from "./send";
import { TasksPage } from "./tasks";
import { keepPagesOffline } from "./worker";

const data = pageData();
if (data) {
  const sender = new Sender(data.user, data.urls);
  for (const outbox of document.querySelectorAll("ck-outbox")) if (outbox instanceof Outbox) outbox.use(sender);
  const watch = new PositionWatch();
  const tasks = document.querySelector<HTMLElement>("[data-page=tasks]");
  if (tasks) new TasksPage(tasks, data, watch).start();
  const capture = document.querySelector<HTMLElement>("[data-page=capture]");
  if (capture) void new CapturePage(capture, data, watch, sender).start();
  sender.start();
  void keepPagesOffline(data);
}

const places = placesData();
const placesMap = document.querySelector<HTMLElement>("[data-page=places]");
if (places && placesMap) showPlaces(placesMap, places.places);
