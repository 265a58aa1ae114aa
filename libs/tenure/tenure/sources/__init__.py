"""How do changes get onto the log where no Kafka Connect brings them?"""
