import "../map/page";
