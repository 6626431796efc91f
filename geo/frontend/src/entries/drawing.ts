import "../drawing/page";
