DROP TABLE campaign_rows;
DROP TABLE campaigns;
