import "./compare";
import "./desk";
import "./review.css";
