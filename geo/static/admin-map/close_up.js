// django-leaflet goes no closer to a drawing than zoom 15, where a house is a dot. It reads this limit from the map.
window.addEventListener("map:init", (event) => {
  event.detail.map.maxZoom = 19;
});
