import "../review/index";
