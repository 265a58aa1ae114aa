-- Rows are kept to the letter, since nothing here looks into them; and room is left for their updates in place.
alter table context_rows alter column fields type text using fields::text;
alter table context_rows set (fillfactor = 60);
