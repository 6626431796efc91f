import "../field/index";
