"""What tests share: real servers, fresh databases, a browser. No test data and no fakes."""
