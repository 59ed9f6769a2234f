"""The same as express-twilio.ts in Python: FastAPI, a thread-pool endpoint and SQLAlchemy on SQLite.

Takes the database file, the auth token and the signed address; prints its own address.
"""

import base64
import datetime
import hashlib
import hmac
import socket
import sys

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from sqlalchemy import Column, Integer, String, create_engine, event
from sqlalchemy.orm import declarative_base, sessionmaker

FILE, AUTH_TOKEN, URL = sys.argv[1:4]
engine = create_engine(f"sqlite:///{FILE}", connect_args={"check_same_thread": False, "timeout": 30})


@event.listens_for(engine, "connect")
def set_pragmas(connection, _record):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


Base = declarative_base()


class Message(Base):
    __tablename__ = "messages"
    id = Column(Integer, primary_key=True)
    provider_id = Column(String, unique=True)
    sender = Column(String)
    name = Column(String)
    text = Column(String)
    at = Column(String)


Base.metadata.create_all(engine)
Session = sessionmaker(bind=engine)
app = FastAPI()


async def read_form(request: Request):
    return await request.form()


def is_authentic(form, signature):
    signed = URL + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(digest).decode(), signature)


@app.post("/webhook")
def webhook(request: Request, form=Depends(read_form)):
    if not is_authentic(form, request.headers.get("x-twilio-signature", "")):
        raise HTTPException(403)
    with Session() as session:
        session.add(
            Message(
                provider_id=form["MessageSid"],
                sender=form["From"],
                name=form["ProfileName"],
                text=form["Body"],
                at=datetime.datetime.utcnow().isoformat(),
            )
        )
        session.commit()
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', media_type="text/xml")


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
